"""The generate role: what is asked for, put into words."""
