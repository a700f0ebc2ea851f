"""What a person sees: the forms that work, lists, logs and errors are shown in."""
