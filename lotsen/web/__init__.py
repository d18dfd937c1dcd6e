"""Pages, forms and errors; one package per group of people."""
