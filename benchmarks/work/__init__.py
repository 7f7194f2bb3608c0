"""What is measured, for one side at a time: each function makes a side `Ready`."""
