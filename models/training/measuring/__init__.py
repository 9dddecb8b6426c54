"""How well a trained model does, on texts that it was not trained on."""
