"""Messages from the transaction that causes them to the channel that carries them."""
