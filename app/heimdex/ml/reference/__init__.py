"""The published torch implementations behind the engines' Protocols; nobody else imports torch.

They are what the quick forms are compared with, and what runs on CUDA and MPS. On a processor
nothing here is imported once a model is installed; that is left to `acceleration`.
"""
