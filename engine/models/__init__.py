"""Model cards, the library of models on this machine, and ONNX Runtime sessions."""
