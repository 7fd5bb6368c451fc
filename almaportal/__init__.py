"""almaportal: the web application that library staff run beside Ex Libris Alma."""

__version__ = "0.1.0"
