"""`clearwell doctor`: whether this machine can run the project."""
