"""
What protects people from each other, and what notices when it is taken out.
"""
