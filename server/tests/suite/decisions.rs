//! Whole journeys through the API, with specimens that the reader really reads.
