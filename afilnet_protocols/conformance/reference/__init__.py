"""What is right: the model, the comparison with it, known deviations, and recorded sequences."""
