"""Portfolio: what we have.

Follows every execution exactly once and says what they add up to: positions at average
cost, realised and unrealised profit, marked with live quotes, in the instrument's currency
and in the portfolio's. A mark or an exchange rate that is missing is named, never guessed.
"""
