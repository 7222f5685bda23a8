import os
import stat
import tempfile
import threading
from pathlib import Path
from unittest import mock

from django.conf import settings
from django.db import OperationalError, connection
from django.test import Client, TestCase, override_settings
from django.urls import reverse

from blog.models import Post, free_slug
from config.secret_key import secret_key

PLAIN_STATIC = {
    **settings.STORAGES,
    # Tests run without `collectstatic`.
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WITHOUT_WHITENOISE = [name for name in settings.MIDDLEWARE if "whitenoise" not in name]


@override_settings(STORAGES=PLAIN_STATIC, MIDDLEWARE=WITHOUT_WHITENOISE)
class BlogTestCase(TestCase):
    def publish(self, title, **more):
        post = Post(title=title, body=more.pop("body", "Text."), **more)
        post.publish()
        return post


class ListTests(BlogTestCase):
    def test_shows_the_newest_post_first_and_the_version_at_the_foot(self):
        self.publish("Older")
        self.publish("Newer")
        text = self.client.get("/").content.decode()
        self.assertLess(text.index("Newer"), text.index("Older"))
        version = (settings.BASE_DIR / "VERSION").read_text().strip()
        self.assertIn(f"version {version}", text)

    def test_the_first_migration_leaves_a_welcome(self):
        self.assertContains(self.client.get("/"), "Safely in its berth")

    def test_has_ten_posts_a_page(self):
        for number in range(11):
            self.publish(f"Post {number}")
        self.assertContains(self.client.get("/"), "Page 1 of 2")
        self.assertContains(self.client.get("/?page=2"), "Safely in its berth")
        self.assertEqual(self.client.get("/?page=9").status_code, 404)

    def test_says_so_where_there_is_nothing(self):
        Post.objects.all().delete()
        self.assertContains(self.client.get("/"), "Nothing has been logged yet.")


class PostTests(BlogTestCase):
    def test_escapes_what_was_written_and_keeps_paragraphs(self):
        post = self.publish("<b>Bold</b>", body="One <script>alert(1)</script>\n\nTwo https://example.com", author="<i>")
        text = self.client.get(post.get_absolute_url()).content.decode()
        self.assertNotIn("<script>", text)
        self.assertNotIn("<b>Bold", text)
        self.assertNotIn("<i>", text)
        self.assertIn("<p>Two <a href=\"https://example.com\" rel=\"nofollow\">", text)

    def test_an_unknown_address_is_a_page_of_its_own(self):
        response = self.client.get("/posts/nothing/")
        self.assertContains(response, "There is no such page.", status_code=404)

    def test_no_title_takes_another_posts_address(self):
        slugs = [self.publish(title).slug for title in ["A b", "A b", "a B!", "new", "☃", "☃", "x" * 120]]
        self.assertEqual(slugs[:3], ["a-b", "a-b-2", "a-b-3"])
        self.assertEqual(slugs[3:6], ["new-2", "post", "post-2"])
        for slug in slugs:
            page = self.client.get(reverse("post", args=[slug]))
            self.assertEqual(page.context["post"].slug, slug)

    def test_an_address_taken_meanwhile_gets_the_next_number(self):
        self.publish("Twice")
        with mock.patch("blog.models.free_slug", side_effect=["twice", free_slug("Twice")]):
            self.assertEqual(self.publish("Twice").slug, "twice-2")


class AddPostTests(BlogTestCase):
    def test_publishes_and_goes_to_the_post(self):
        response = self.client.post("/posts/new/", {"title": "Hello", "author": "", "body": "World"}, follow=True)
        self.assertEqual(response.redirect_chain, [("/posts/hello/", 302)])
        self.assertContains(response, "World")

    def test_says_what_is_missing_and_keeps_what_was_written(self):
        response = self.client.post("/posts/new/", {"title": "", "author": "Me", "body": "Long work"})
        self.assertContains(response, "This field is required.")
        self.assertContains(response, "Long work")
        self.assertFalse(Post.objects.filter(author="Me").exists())

    def test_limits_the_length_of_a_text(self):
        response = self.client.post("/posts/new/", {"title": "Long", "body": "x" * 20_001})
        self.assertContains(response, "at most 20000 characters")

    def test_wants_the_forms_token(self):
        strict = Client(enforce_csrf_checks=True)
        data = {"title": "Hello", "body": "World"}
        self.assertContains(strict.post("/posts/new/", data), "That form has expired", status_code=403)
        token = strict.get("/posts/new/").context["csrf_token"]
        self.assertEqual(strict.post("/posts/new/", {**data, "csrfmiddlewaretoken": token}).status_code, 302)

    def test_accepts_the_form_behind_a_proxy_that_ends_tls(self):
        strict = Client(enforce_csrf_checks=True)
        proxy = {
            "HTTP_HOST": "app:8000",
            "HTTP_X_FORWARDED_HOST": "blog.example.com",
            "HTTP_X_FORWARDED_PROTO": "https",
            "HTTP_ORIGIN": "https://blog.example.com",
        }
        token = strict.get("/posts/new/", **proxy).context["csrf_token"]
        data = {"title": "Hello", "body": "World", "csrfmiddlewaretoken": token}
        self.assertEqual(strict.post("/posts/new/", data, **proxy).status_code, 302)
        elsewhere = {**proxy, "HTTP_ORIGIN": "https://evil.example.com"}
        self.assertEqual(strict.post("/posts/new/", data, **elsewhere).status_code, 403)

    @override_settings(BLOG_POSTING=False)
    def test_is_gone_where_posting_is_closed(self):
        self.assertEqual(self.client.post("/posts/new/", {"title": "Hello", "body": "x"}).status_code, 404)
        self.assertNotContains(self.client.get("/"), "Write a post")


class HealthTests(BlogTestCase):
    def test_says_version_and_database(self):
        response = self.client.get("/healthz")
        version = (settings.BASE_DIR / "VERSION").read_text().strip()
        self.assertEqual(response.json(), {"version": version, "database": "ok"})
        self.assertIn("no-store", response["Cache-Control"])
        self.assertEqual(self.client.post("/healthz").status_code, 405)

    def test_is_503_with_the_errors_class_where_the_table_is_gone(self):
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE blog_post RENAME TO elsewhere")
        response = self.client.get("/healthz")
        self.assertEqual((response.status_code, response.json()["database"]), (503, "OperationalError"))

    def test_is_503_where_the_database_can_not_be_opened(self):
        with mock.patch("django.db.backends.base.base.BaseDatabaseWrapper.cursor", side_effect=OperationalError("disk I/O")):
            response = self.client.get("/healthz")
        self.assertEqual((response.status_code, response.json()["database"]), (503, "OperationalError"))
        self.assertNotIn("disk", response.content.decode())


class SecretKeyTests(BlogTestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name) / "data"
        self.enterContext(mock.patch.dict("os.environ"))
        os.environ.pop("DJANGO_SECRET_KEY", None)

    def test_is_made_once_and_only_its_owner_may_read_it(self):
        first = secret_key(self.folder)
        self.assertGreaterEqual(len(first), 50)
        self.assertEqual(secret_key(self.folder), first)
        file = self.folder / "secret-key"
        self.assertEqual(stat.S_IMODE(file.stat().st_mode), 0o600)
        self.assertEqual([path.name for path in self.folder.iterdir()], ["secret-key"])

    def test_containers_that_start_at_once_agree(self):
        keys = []
        threads = [threading.Thread(target=lambda: keys.append(secret_key(self.folder))) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual((len(keys), len(set(keys))), (16, 1))

    def test_comes_from_the_environment_where_given(self):
        with mock.patch.dict("os.environ", DJANGO_SECRET_KEY="given"):
            self.assertEqual(secret_key(self.folder), "given")
        self.assertFalse(self.folder.exists())
