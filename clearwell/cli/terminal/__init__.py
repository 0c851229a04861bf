"""What all commands share: session, output, progress, completion."""
