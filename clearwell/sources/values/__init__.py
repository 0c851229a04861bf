"""Raw values to typed ones, exactly or not at all."""
