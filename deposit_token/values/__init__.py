"""Values: money, rates, countries, and checks of single fields."""
