"""What one does with a trained model: tensors in, tensors out, nothing from outside is checked here."""
