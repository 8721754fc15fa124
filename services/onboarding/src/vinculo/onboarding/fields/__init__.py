"""What a person types into a form, made regular or refused with a code that people understand."""
