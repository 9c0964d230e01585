"""One module or package a source: it converts one format to CloudEvents."""
