"""Which reading this is: texts of a page are compared only where one version of the extractor read both."""

EXTRACTOR_VERSION = "3"  # changed whenever the same bytes would be read otherwise
