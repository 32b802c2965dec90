// Belongs to the targets that compile the standard headers for all others; does nothing.
int main() {}
