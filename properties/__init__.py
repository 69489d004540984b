"""What must hold, how schedules are made and run, and the front doors."""
