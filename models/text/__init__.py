"""What is known of a text before any model: scripts, language, sentences, emoji."""
