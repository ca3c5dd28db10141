"""One user action, one function. It runs the engine's verb off the GUI thread and says what it changed."""
