"""A chapter per subject: `tell(story)` asks for everything that the document says of it, refusals included.

A new operation is told in its chapter, or in a new file here; api_document_test.py finds it by itself.
"""
