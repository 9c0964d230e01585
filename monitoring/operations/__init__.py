"""How well the watching itself is: whether the kept figures hold, and what explains where they do not."""
