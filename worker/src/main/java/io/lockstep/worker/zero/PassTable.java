package io.lockstep.worker.zero;

import io.lockstep.data.plan.RankSpan;
import io.lockstep.model.segment.SegmentSpec;
import io.lockstep.tensor.Buffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The passes through the model that every rank makes in one step. Ranks can have different numbers
 * of them; pass r of every rank runs in round r.
 *
 * @param pictures for each rank, in rank order, whether each of its passes has pictures
 */
public record PassTable(List<List<Boolean>> pictures) {

  /** Of workers that hold all weights, where nobody needs to know of passes. */
  public static final PassTable UNKNOWN = new PassTable(List.of());

  /** What is behind a rank's last pass. */
  private static final byte NONE = 0;

  private static final byte TEXT = 1;
  private static final byte PICTURES = 2;

  public PassTable {
    pictures = pictures.stream().map(List::copyOf).toList();
  }

  /** Every virtual rank makes as many passes, all of them with pictures. */
  public static PassTable even(int virtualRanks, int world, int passes) {
    List<List<Boolean>> pictures = new ArrayList<>();
    for (int rank = 0; rank < world; rank++) {
      int own = RankSpan.of(virtualRanks, rank, world).size() * passes;
      pictures.add(Collections.nCopies(own, true));
    }
    return new PassTable(pictures);
  }

  /**
   * Reads what {@link #text} has written.
   *
   * @throws IllegalArgumentException for any other text
   */
  public static PassTable parse(String text) {
    if (!text.matches("([PT]*( [PT]*)*)?")) {
      throw new IllegalArgumentException("'" + text + "' is not a list of passes such as 'P PT'");
    }
    if (text.isEmpty()) {
      return UNKNOWN;
    }
    return new PassTable(
        Arrays.stream(text.split(" ", -1))
            .map(rank -> rank.chars().mapToObj(pass -> pass == 'P').toList())
            .toList());
  }

  /** A word for each rank, a letter for each pass: P with pictures, T of text alone. */
  public String text() {
    return pictures.stream()
        .map(rank -> rank.stream().map(has -> has ? "P" : "T").collect(Collectors.joining()))
        .collect(Collectors.joining(" "));
  }

  /** Number of rounds: the most passes of a rank. */
  public int rounds() {
    return pictures.stream().mapToInt(List::size).max().orElse(0);
  }

  /** Whether a rank computes a segment in a round. */
  public boolean takesPart(int rank, int round, SegmentSpec segment) {
    List<Boolean> own = pictures.get(rank);
    return round < own.size() && (own.get(round) || !segment.needsPictures());
  }

  /** Whether anybody computes a segment in a round. */
  boolean anyTakesPart(int round, SegmentSpec segment) {
    for (int rank = 0; rank < pictures.size(); rank++) {
      if (takesPart(rank, round, segment)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Bytes that a rank's passes take, one each: as many as it can have, so that everybody knows it.
   *
   * @param samples of a virtual rank; a pass has one at least
   */
  public static long bytes(int samples, int virtualRanks, int rank, int world) {
    return (long) samples * RankSpan.of(virtualRanks, rank, world).size();
  }

  /**
   * Writes a rank's passes, one byte each.
   *
   * @param into as long as the most passes that this rank can have
   */
  public static void write(List<Boolean> passes, Buffer into) {
    byte[] bytes = new byte[Math.toIntExact(into.bytes())];
    for (int pass = 0; pass < passes.size(); pass++) {
      bytes[pass] = passes.get(pass) ? PICTURES : TEXT;
    }
    var _ = into.copyFrom(Buffer.onHost(bytes));
  }

  /** Reads what all ranks have written. */
  public static PassTable read(Buffer[] parts) {
    List<List<Boolean>> pictures = new ArrayList<>();
    for (Buffer part : parts) {
      List<Boolean> own = new ArrayList<>();
      for (byte pass : part.toByteArray()) {
        if (pass != NONE) {
          own.add(pass == PICTURES);
        }
      }
      pictures.add(own);
    }
    return new PassTable(pictures);
  }
}
