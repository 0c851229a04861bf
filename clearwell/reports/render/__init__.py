"""Figures as Markdown, HTML and charts."""
