"""Other ways to read a text: what escapes, encodings and look-alike letters hide, with exact offsets into the text."""
