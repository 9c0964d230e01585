"""What REST answers, as types: the description of the API is made of them. Tests hold what is sent against it."""
