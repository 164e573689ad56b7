"""What the room answers when asked; every question is scoped by its policy or says why it need not be."""
