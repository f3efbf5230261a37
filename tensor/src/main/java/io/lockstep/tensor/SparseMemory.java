package io.lockstep.tensor;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Tensors' memory on a device of which parts can be missing, as pages of host memory can: addresses
 * are reserved once, so that views stay valid, and granules of memory come and go beneath them.
 * Thread-safe.
 *
 * <p>What is given back stays in its place until memory is needed elsewhere: only then the device
 * is waited for, once for all that was given back, and no more is taken from the driver while some
 * of it is left.
 */
final class SparseMemory {

  private static final long EMPTY = 0;

  private final VirtualMemory memory;
  private final long granuleBytes;
  private final TreeMap<Long, Reservation> byAddress = new TreeMap<>();

  /** Granules that lie nowhere. */
  private final Deque<Long> free = new ArrayDeque<>();

  /** Places whose memory was given back and is still there, the oldest first. */
  private final LinkedHashSet<Place> given = new LinkedHashSet<>();

  private final AtomicLong taken = new AtomicLong();

  SparseMemory(VirtualMemory memory) {
    this.memory = memory;
    this.granuleBytes = memory.granuleBytes();
  }

  private record Place(Reservation reservation, int index) {}

  /** Bytes from an address on. */
  record Extent(long address, long bytes) {}

  /** Reserved addresses; what is behind them is given back when this is closed. */
  final class Reservation implements AutoCloseable {
    private final long address;
    private final long bytes;

    /** The granule at each place; empty where there is none. */
    private final long[] granules;

    private boolean open = true;

    private Reservation(long address, int places) {
      this.address = address;
      this.bytes = places * granuleBytes;
      this.granules = new long[places];
    }

    /** Where they begin. */
    long address() {
      return address;
    }

    private long address(int index) {
      return address + index * granuleBytes;
    }

    @Override
    public void close() {
      synchronized (SparseMemory.this) {
        if (open) {
          open = false;
          byAddress.remove(address);
          memory.settle();
          for (int i = 0; i < granules.length; i++) {
            given.remove(new Place(this, i));
            if (granules[i] != EMPTY) {
              free.add(takeAway(new Place(this, i)));
            }
          }
          releaseFree();
          memory.unreserve(address, bytes);
        }
      }
    }
  }

  /** Reserves at least that many bytes, without memory. */
  synchronized Reservation reserve(long bytes) {
    int places = Math.toIntExact(Math.max(1, Math.ceilDiv(bytes, granuleBytes)));
    Reservation made = new Reservation(memory.reserve(places * granuleBytes), places);
    byAddress.put(made.address, made);
    return made;
  }

  /** Bytes that are taken from the device now. */
  long takenBytes() {
    return taken.get();
  }

  private @Nullable Reservation reservationOf(long address) {
    Map.Entry<Long, Reservation> before = byAddress.floorEntry(address);
    return before == null || address >= before.getKey() + before.getValue().bytes
        ? null
        : before.getValue();
  }

  /**
   * Makes sure that there is memory behind some bytes.
   *
   * @return what had none, whose contents are undefined: whole granules
   */
  synchronized List<Extent> commit(long address, long bytes) {
    @Nullable Reservation reservation = reservationOf(address);
    if (reservation == null || bytes == 0) {
      return List.of();
    }
    int first = Math.toIntExact((address - reservation.address) / granuleBytes);
    int end = Math.toIntExact(Math.ceilDiv(address + bytes - reservation.address, granuleBytes));
    List<Extent> added = new ArrayList<>();
    int i = first;
    while (i < end) {
      int start = i;
      while (i < end && !isThere(reservation, i)) {
        i++;
      }
      if (i > start) {
        added.add(add(reservation, start, i));
      }
      i = Math.max(i, start + 1);
    }
    return List.copyOf(added);
  }

  private boolean isThere(Reservation reservation, int index) {
    return reservation.granules[index] != EMPTY && !given.contains(new Place(reservation, index));
  }

  /** Places memory in a row of places; where it was given back and still lies it stays. */
  private Extent add(Reservation reservation, int first, int end) {
    for (int i = first; i < end; i++) {
      given.remove(new Place(reservation, i));
    }
    int mapped = first;
    for (int i = first; i < end; i++) {
      if (reservation.granules[i] != EMPTY) {
        allow(reservation, mapped, i);
        mapped = i + 1;
        continue;
      }
      long granule = next();
      memory.map(reservation.address(i), granule);
      reservation.granules[i] = granule;
    }
    allow(reservation, mapped, end);
    return new Extent(reservation.address(first), (end - first) * granuleBytes);
  }

  private void allow(Reservation reservation, int first, int end) {
    if (first < end) {
      memory.allow(reservation.address(first), (end - first) * granuleBytes);
    }
  }

  /** A granule that lies nowhere. */
  private long next() {
    if (free.isEmpty() && !given.isEmpty()) {
      memory.settle();
      for (Place place : given) {
        free.add(takeAway(place));
      }
      given.clear();
    }
    if (free.isEmpty()) {
      long granule = memory.create();
      taken.addAndGet(granuleBytes);
      return granule;
    }
    return Objects.requireNonNull(free.poll());
  }

  private void releaseFree() {
    for (long granule : free) {
      memory.release(granule);
      taken.addAndGet(-granuleBytes);
    }
    free.clear();
  }

  private long takeAway(Place place) {
    Reservation reservation = place.reservation();
    long granule = reservation.granules[place.index()];
    memory.unmap(reservation.address(place.index()));
    reservation.granules[place.index()] = EMPTY;
    return granule;
  }

  /** Gives back the whole granules within some bytes; returns how many bytes they have. */
  synchronized long discard(long address, long bytes) {
    @Nullable Reservation reservation = reservationOf(address);
    if (reservation == null) {
      return 0;
    }
    int first = Math.toIntExact(Math.ceilDiv(address - reservation.address, granuleBytes));
    int end = Math.toIntExact((address + bytes - reservation.address) / granuleBytes);
    long discarded = 0;
    for (int i = first; i < end; i++) {
      if (isThere(reservation, i)) {
        given.add(new Place(reservation, i));
        discarded += granuleBytes;
      }
    }
    return discarded;
  }
}
