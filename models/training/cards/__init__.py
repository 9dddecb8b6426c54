"""What is said of a trained model: its card and its report, from what was measured."""
