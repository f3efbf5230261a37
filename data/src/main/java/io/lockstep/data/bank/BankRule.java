package io.lockstep.data.bank;

/**
 * What an operator keeps in the bank.
 *
 * @param pieces which pieces of a picture it copies
 * @param addProb share of them that become members, 0 to 1; which ones is decided by a hash of
 *     seed, epoch, sample and object
 */
public record BankRule(PieceRule pieces, double addProb) {}
