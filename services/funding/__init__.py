"""What commissioners decide about money: rounds, bids, awards, agreements and changes of support."""
