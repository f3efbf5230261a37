package io.lockstep.verdict.artifact;

/** A row of an artifact: a record whose components are declared keys. */
public interface Row {}
