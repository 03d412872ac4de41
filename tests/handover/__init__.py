"""Downloads that take several invocations of their function: an origin that counts, and a driver that invokes."""
