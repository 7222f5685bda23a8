from django.db import IntegrityError, models, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify

# Attempts at a free address when several people publish the same title at once.
SLUG_ATTEMPTS = 5
# Addresses below /posts/ that are pages of the blog itself.
RESERVED_SLUGS = {"new"}


class Post(models.Model):
    title = models.CharField(max_length=120)
    slug = models.SlugField(max_length=140, unique=True, editable=False)
    author = models.CharField(max_length=60, blank=True)
    body = models.TextField(max_length=20_000)
    published_at = models.DateTimeField(default=timezone.now, db_index=True, editable=False)

    class Meta:
        ordering = ["-published_at", "-id"]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("post", args=[self.slug])

    def publish(self):
        """Save under a free address made from the title; another post's address is never taken."""
        for attempt in range(SLUG_ATTEMPTS):
            self.slug = free_slug(self.title)
            try:
                with transaction.atomic():
                    self.save(force_insert=True)
                return
            except IntegrityError:
                if attempt == SLUG_ATTEMPTS - 1:
                    raise


def free_slug(title: str) -> str:
    wanted = slugify(title)[:120].strip("-") or "post"
    taken = set(Post.objects.filter(slug__startswith=wanted).values_list("slug", flat=True))
    taken |= RESERVED_SLUGS
    if wanted not in taken:
        return wanted
    number = 2
    while f"{wanted}-{number}" in taken:
        number += 1
    return f"{wanted}-{number}"
