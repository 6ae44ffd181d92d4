"""The models in the settings: what there is, what it costs, fetching it, choosing it.

`lines` reads what is shown, `fetching` runs downloads, `cards` are the widgets; `models_page` puts
them together.
"""
