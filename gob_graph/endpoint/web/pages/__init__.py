"""The pages for people: texts in four languages, layout, and what each page is made of. Imports no route."""
