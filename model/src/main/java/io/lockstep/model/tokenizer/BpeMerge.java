package io.lockstep.model.tokenizer;

/** Two neighbouring tokens that become one, by their byte-level texts. */
public record BpeMerge(String left, String right) {}
