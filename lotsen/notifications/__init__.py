"""What people are told: notices turned into messages in their language."""
