"""The measurements that the README quotes: `make bench` runs them all, `python -m bench.<module>` one of them."""
