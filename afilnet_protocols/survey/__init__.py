"""What a service does where the vendor leaves it open: asked by harmless calls, told without anything personal."""
