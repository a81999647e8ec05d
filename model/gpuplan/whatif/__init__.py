"""What-if: questions about an instance that take more than one search, each answered with proof."""
