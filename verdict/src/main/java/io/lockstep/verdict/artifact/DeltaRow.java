package io.lockstep.verdict.artifact;

import io.lockstep.config.Key;
import java.util.Optional;

/** A ticket of a window whose verdict or reason is another than before. */
public record DeltaRow(
    @Key(value = "Group and label in its folder: `group::label`.") String ticketKey,
    @Key(value = "From 1; in the final phase that of the last epoch.") int epoch,
    @Key(value = "Tickets judged so far in this phase, this one included.") int step,
    @Key(value = "Its verdict before; absent at first.") Optional<String> before,
    @Key(value = "Its verdict now.") String verdict,
    @Key(value = "The reason now.") String reason,
    @Key(value = "Whether it is what the label says.") boolean correct)
    implements Row {}
