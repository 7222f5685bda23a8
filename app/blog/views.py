import logging

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import transaction
from django.http import Http404, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django.views.generic import CreateView, DetailView, ListView

from blog.forms import PostForm
from blog.models import Post
from blog.version import version

log = logging.getLogger(__name__)


class PostList(ListView):
    model = Post
    paginate_by = 10
    template_name = "blog/list.html"


class PostPage(DetailView):
    model = Post
    template_name = "blog/post.html"


class AddPost(CreateView):
    form_class = PostForm
    template_name = "blog/new.html"

    def dispatch(self, request, *args, **kwargs):
        if not settings.BLOG_POSTING:
            raise Http404("posting is closed")
        return super().dispatch(request, *args, **kwargs)

    def form_valid(self, form):
        form.instance.publish()
        return HttpResponseRedirect(form.instance.get_absolute_url())


@require_safe
@never_cache
def healthz(request):
    """200 {"version", "database": "ok"}; 503 with the error's class where the database can't be used.

    The transaction takes SQLite's write lock, so a read-only or missing database counts as unusable.
    """
    try:
        with transaction.atomic():
            Post.objects.exists()
    except DatabaseError as error:
        log.error("health check: %s: %s", type(error).__name__, error)
        return JsonResponse({"version": version(), "database": type(error).__name__}, status=503)
    return JsonResponse({"version": version(), "database": "ok"})


def csrf_failure(request, reason=""):
    log.warning("refused a form without a valid token: %s", reason)
    return render(request, "403.html", status=403)
