"""What a person sees and keeps of themselves: application, history, consents."""
