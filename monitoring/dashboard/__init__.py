"""The pages: views, URL patterns and template tags."""
