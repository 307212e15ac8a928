perkoon receive CODE --output - > /path/to/destination
