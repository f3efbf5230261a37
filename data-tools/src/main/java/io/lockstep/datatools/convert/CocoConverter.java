package io.lockstep.datatools.convert;

import io.lockstep.data.image.ImageHeader;
import io.lockstep.data.image.Orientation;
import io.lockstep.data.record.Description;
import io.lockstep.data.record.Shares;
import io.lockstep.datatools.convert.ContractFolder.Annotated;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.DoubleStream;

/**
 * Converts COCO annotations: the category's name becomes the description; an annotation with one
 * outline becomes a {@code poly}, any other its {@code bbox_2d}; the summary is made from the
 * descriptions. Crowds, boxes outside of their picture and pictures that can't be used are left out
 * and counted.
 */
public final class CocoConverter {

  /** How far, in pixels, a coordinate may lie outside of the picture before it is left out. */
  private static final double TOLERANCE = 1;

  private final Remarks remarks = new Remarks();
  private final CocoFile coco;
  private final SourcePictures pictures;

  private CocoConverter(Path annotations, Path images) throws IOException, ConversionException {
    this.pictures = new SourcePictures(images, remarks);
    this.coco = CocoFile.read(annotations, remarks);
  }

  /**
   * Converts a file and its pictures, which are copied.
   *
   * @param annotations a COCO JSON file
   * @param images the folder that its {@code file_name}s are relative to
   * @param out a folder that doesn't exist yet or is empty
   * @throws ConversionException if the file is no COCO file or nothing of it can be used
   */
  public static ConversionReport convert(Path annotations, Path images, Path out)
      throws IOException, ConversionException {
    return new CocoConverter(annotations, images).run(annotations, out);
  }

  private ConversionReport run(Path annotations, Path out) throws IOException, ConversionException {
    requireGood(annotations);
    try (ContractFolder folder = ContractFolder.create(out)) {
      for (CocoFile.Picture picture : coco.pictures()) {
        List<CocoFile.Annotation> found = coco.takeAnnotations(picture.id());
        Optional<SourcePictures.Found> source = usable(picture, !found.isEmpty());
        if (source.isEmpty()) {
          skipped(found, picture.fileName());
          continue;
        }
        folder.add(
            new ContractFolder.Entry(
                source.get().file(),
                source.get().name(),
                picture.width(),
                picture.height(),
                objects(found, picture),
                Optional.empty()));
      }
      if (coco.orphans() > 0) {
        remarks.add("annotation skipped: no entry of images has its image_id", "-", coco.orphans());
      }
      return folder.finish(remarks);
    }
  }

  /**
   * Refuses a file that would put objects on wrong pictures or under wrong names, and names that
   * would break every record that has them.
   */
  private void requireGood(Path annotations) throws ConversionException {
    List<String> problems = new ArrayList<>(CocoIds.problems(coco));
    addUnknownCategories(problems);
    addShares(problems);
    for (Map.Entry<Long, String> category : new TreeMap<>(coco.categories()).entrySet()) {
      Description.problem(category.getValue())
          .ifPresent(what ->
              problems.add("the name of category %d %s".formatted(category.getKey(), what)));
    }
    if (!problems.isEmpty()) {
      throw new ConversionException(annotations + ": " + String.join("; ", problems));
    }
  }

  private void addUnknownCategories(List<String> problems) {
    List<CocoFile.Annotation> unknown =
        coco.annotations()
            .filter(annotation -> !coco.categories().containsKey(annotation.category()))
            .toList();
    if (!unknown.isEmpty()) {
      problems.add(
          "%d annotations have a category_id that no category has, for example annotation %d with %d; add the categories, or remove the annotations"
              .formatted(unknown.size(), unknown.getFirst().id(), unknown.getFirst().category()));
    }
  }

  /** One box in the first pixel may be meant, all of them are not. */
  private void addShares(List<String> problems) {
    boolean shares =
        Shares.areLikely(
            coco.annotations().flatMapToDouble(each -> DoubleStream.of(each.coordinates())),
            Integer.MAX_VALUE,
            Integer.MAX_VALUE);
    if (shares) {
      problems.add(
          "all coordinates lie between 0 and 1, as shares of the picture do; multiply x and width by"
              + " the picture's width, y and height by its height: COCO counts pixels");
    }
  }

  private Optional<SourcePictures.Found> usable(CocoFile.Picture picture, boolean hasObjects) {
    Optional<SourcePictures.Found> found = pictures.find(picture.fileName());
    if (found.isEmpty()) {
      return found;
    }
    ImageHeader header = found.get().header();
    if (header.width() != picture.width() || header.height() != picture.height()) {
      remarks.add(
          "picture skipped: its size is not the stated one",
          "%s is %d x %d, not %d x %d"
              .formatted(
                  picture.fileName(),
                  header.width(),
                  header.height(),
                  picture.width(),
                  picture.height()));
      return Optional.empty();
    }
    if (hasObjects && header.orientation() != Orientation.UPRIGHT) {
      remarks.add(
          "picture skipped: viewers turn it, so that nobody knows what its coordinates count from;"
              + " save it upright",
          picture.fileName());
      return Optional.empty();
    }
    return found;
  }

  private void skipped(List<CocoFile.Annotation> annotations, String picture) {
    if (!annotations.isEmpty()) {
      remarks.add("annotation skipped: its picture was", picture, annotations.size());
    }
  }

  private List<Annotated> objects(List<CocoFile.Annotation> found, CocoFile.Picture picture) {
    List<Annotated> objects = new ArrayList<>();
    for (CocoFile.Annotation annotation : found) {
      String name = "annotation %d of %s".formatted(annotation.id(), picture.fileName());
      String desc = Objects.requireNonNull(coco.categories().get(annotation.category()));
      List<Double> coordinates = DoubleStream.of(annotation.coordinates()).boxed().toList();
      if (!isIn(coordinates, picture)) {
        remarks.add("annotation skipped: it lies more than a pixel outside of its picture", name);
        continue;
      }
      objects.add(new Annotated(desc, annotation.isBox() ? "bbox_2d" : "poly", coordinates));
    }
    DoubleStream all =
        objects.stream()
            .flatMap(each -> each.coordinates().stream())
            .mapToDouble(Double::doubleValue);
    if (Shares.areLikely(all, picture.width(), picture.height())) {
      remarks.add(
          "annotation skipped: it looks like shares of the picture, from 0 to 1, not pixels",
          picture.fileName(),
          objects.size());
      return List.of();
    }
    return objects;
  }

  private static boolean isIn(List<Double> coordinates, CocoFile.Picture picture) {
    for (int i = 0; i < coordinates.size(); i++) {
      double most = TOLERANCE + (i % 2 == 0 ? picture.width() : picture.height());
      if (coordinates.get(i) < -TOLERANCE || coordinates.get(i) > most) {
        return false;
      }
    }
    return true;
  }
}
