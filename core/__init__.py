"""Everything that knows tensors: models, data, training, evaluation. Imports neither gradio nor plotly."""
