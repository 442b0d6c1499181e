"""What things are: documents, values, states and refusals."""
