package io.lockstep.gateway.serving;

/** A model with those who use it: closed when it is retired and the last of them has let go. */
final class SharedModel {

  private final ServedModel model;
  private int users;
  private boolean retired;

  SharedModel(ServedModel model) {
    this.model = model;
  }

  ServedModel model() {
    return model;
  }

  /** Begins to use the model; to be let go. False if it is retired. */
  synchronized boolean hold() {
    if (!retired) {
      users++;
    }
    return !retired;
  }

  synchronized void letGo() {
    users--;
    closeIfUnused();
  }

  /** Nobody begins to use it any more. */
  synchronized void retire() {
    retired = true;
    closeIfUnused();
  }

  private void closeIfUnused() {
    if (retired && users == 0) {
      model.close();
    }
  }
}
